import { explainError } from '@ostler/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../api/ostler';
import { fieldErrorsOf, noFieldErrors } from '../lib/field-errors';
import { Button } from './button';
import { TextField } from './field';
import { ErrorPanel } from './panels';

const SHORTEST = 12;

/** Changes the password of the person who is signed in. */
export function PasswordForm({ onChanged, action }: { onChanged: () => void; action: string }) {
  const ostler = useOstler();
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const change = useMutation({
    mutationFn: () => ostler.identity.changePassword({ currentPassword, newPassword }),
    onSuccess: () => {
      setCurrent('');
      setNew('');
      setAgain('');
      setTried(false);
      onChanged();
    },
  });
  const tooShort = newPassword.length < SHORTEST ? `Use at least ${SHORTEST} characters.` : undefined;
  const differs = again !== newPassword ? 'The two do not match.' : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!tooShort && !differs) change.mutate();
  };
  const errors = change.isError ? fieldErrorsOf(explainError(change.error).violations) : noFieldErrors;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={currentPassword}
        onChange={setCurrent}
        error={errors.get('currentPassword')}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        help={`At least ${SHORTEST} characters. A few words are fine.`}
        value={newPassword}
        onChange={setNew}
        error={(tried && tooShort) || errors.get('newPassword')}
      />
      <TextField
        label="New password, again"
        type="password"
        autoComplete="new-password"
        value={again}
        onChange={setAgain}
        error={tried ? differs : undefined}
      />
      {change.isError && errors.size === 0 && <ErrorPanel error={change.error} />}
      <Button type="submit" look="primary" busy={change.isPending}>
        {action}
      </Button>
    </form>
  );
}
