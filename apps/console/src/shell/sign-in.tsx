import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../api/ostler';
import { Button } from '../components/button';
import { TextField } from '../components/field';
import { ErrorPanel } from '../components/panels';
import { Gate } from './gate';

export function SignIn() {
  const ostler = useOstler();
  const queries = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => ostler.identity.signIn({ email, password }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['session'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Gate>
      <form onSubmit={submit} className="card flex flex-col gap-4 p-6">
        <h1 className="text-lg font-semibold">Sign in</h1>
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          autoFocus
          required
          value={email}
          onChange={setEmail}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={setPassword}
        />
        {signIn.isError && <ErrorPanel error={signIn.error} />}
        <Button type="submit" look="primary" busy={signIn.isPending}>
          Sign in
        </Button>
        <p className="text-ink-3 text-xs">
          The first login is in the output of the first start. If it is lost, run{' '}
          <code className="font-mono">npm start -- reset-login</code> on the control plane.
        </p>
      </form>
    </Gate>
  );
}
