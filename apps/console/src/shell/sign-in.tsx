import { useQueryClient } from '@tanstack/react-query';
import { Gate } from './gate';
import { SignInForm } from './sign-in-form';

export function SignIn() {
  const queries = useQueryClient();
  return (
    <Gate>
      <div className="card flex flex-col gap-4 p-6">
        <h1 className="text-lg font-semibold">Sign in</h1>
        <SignInForm onSignedIn={() => void queries.invalidateQueries({ queryKey: ['session'] })} />
        <p className="text-ink-3 text-xs">
          The first login is in the output of the first start. If it is lost, run{' '}
          <code className="font-mono">npm start -- reset-login</code> on the control plane.
        </p>
      </div>
    </Gate>
  );
}
