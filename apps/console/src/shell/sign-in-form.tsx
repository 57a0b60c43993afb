import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../api/ostler';
import { Button } from '../components/button';
import { TextField } from '../components/field';
import { ErrorPanel } from '../components/panels';

/** E-mail and password. `only` is the one person whose sign-in is wanted. */
export function SignInForm({ only, onSignedIn }: { only?: string; onSignedIn: () => void }) {
  const ostler = useOstler();
  const [email, setEmail] = useState(only ?? '');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    // Its refusal is a wrong password and no session that has ended.
    meta: { isSignIn: true },
    mutationFn: () => ostler.identity.signIn({ email, password }),
    onSuccess: onSignedIn,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // A dialog lies in the page of a form, and React hands its events on to there.
    event.stopPropagation();
    signIn.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="E-mail"
        type="email"
        autoComplete="username"
        autoFocus={only === undefined}
        required
        disabled={only !== undefined}
        value={email}
        onChange={setEmail}
      />
      <TextField
        label="Password"
        type="password"
        autoComplete="current-password"
        autoFocus={only !== undefined}
        required
        value={password}
        onChange={setPassword}
      />
      {signIn.isError && <ErrorPanel error={signIn.error} />}
      <Button type="submit" look="primary" busy={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}
