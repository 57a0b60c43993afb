import { Dialog } from '../components/dialog';
import { SignInForm } from './sign-in-form';

/** Over the page whose session has ended, so that what was typed there stays. */
export function SignInAgain({
  email,
  onSignedIn,
  onClose,
}: {
  email: string;
  onSignedIn: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title="Your session has ended"
      text="Sign in again to go on. What you typed on this page is still there."
    >
      <SignInForm only={email} onSignedIn={onSignedIn} />
      <p className="text-ink-3 mt-3 pb-2 text-xs">
        To sign in as somebody else, load the page anew; what you typed is lost then.
      </p>
    </Dialog>
  );
}
