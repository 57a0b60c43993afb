import { useRouter } from '@tanstack/react-router';
import { Button } from '../components/button';
import { Empty } from '../components/panels';

/** A page that could not be shown: a fault of the console, or a newer console was put in its place. */
export function PageError({ error }: { error: unknown }) {
  const router = useRouter();
  const message = error instanceof Error ? error.message : String(error);
  const isOldConsole = /dynamically imported module|module script/i.test(message);
  return (
    <Empty
      title={isOldConsole ? 'The console was updated' : 'This page could not be shown'}
      text={isOldConsole ? 'Load it again to use the new one.' : message}
      action={
        <Button look="primary" onClick={() => (isOldConsole ? location.reload() : void router.invalidate())}>
          {isOldConsole ? 'Load again' : 'Try again'}
        </Button>
      }
    />
  );
}
