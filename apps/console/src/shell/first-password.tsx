import { useQueryClient } from '@tanstack/react-query';
import { PasswordForm } from '../components/password-form';
import { Gate } from './gate';

/** The first password was shown to whoever read it: nothing else opens before it is changed. */
export function FirstPassword() {
  const queries = useQueryClient();
  return (
    <Gate>
      <div className="card p-6">
        <h1 className="text-lg font-semibold">Choose your password</h1>
        <p className="text-ink-2 mb-4 text-sm">
          The first password works once. Choose one that only you know.
        </p>
        <PasswordForm
          action="Change password and go on"
          onChanged={() => void queries.invalidateQueries({ queryKey: ['session'] })}
        />
      </div>
    </Gate>
  );
}
