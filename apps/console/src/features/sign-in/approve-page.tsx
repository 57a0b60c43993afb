import type { BrowserSignIn } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Terminal } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useOstler } from '../../api/ostler';
import { useSession } from '../../api/session';
import { Button } from '../../components/button';
import { TextField } from '../../components/field';
import { Facts, Page, Section } from '../../components/page';
import { ErrorPanel, Note, SkeletonRows } from '../../components/panels';
import { Time } from '../../components/time';
import { plainText } from '../../lib/plain-text';
import { roleWord } from '../../lib/roles';

/** Where a person lets a program act as them, or turns it away. */
export function ApprovePage() {
  const { code } = useSearch({ from: '/approve' });
  return (
    <Page
      title="Let a program in"
      icon={<Terminal className="size-5" />}
      sub="A program asked to be signed in as you. It shows a code."
      wide={false}
    >
      {code === undefined ? <CodeForm /> : <Asked key={code} code={code} />}
    </Page>
  );
}

/** For who typed the address by hand. */
function CodeForm() {
  const navigate = useNavigate();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({ to: '/approve', search: { code: code.trim().toUpperCase() } });
  };
  return (
    <Section title="Which program">
      <form onSubmit={submit} className="flex max-w-xs flex-col gap-4">
        <TextField
          label="Code"
          mono
          required
          autoFocus
          placeholder="BCDF-GHJK"
          help="The program shows it."
          value={code}
          onChange={setCode}
        />
        <div>
          <Button type="submit" look="primary">
            Go on
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Asked({ code }: { code: string }) {
  const ostler = useOstler();
  const asked = useQuery({
    queryKey: ['browser-sign-in', code],
    staleTime: Infinity,
    queryFn: ({ signal }) => ostler.identity.getBrowserSignIn({ code }, { signal }),
  });
  if (asked.isPending) return <SkeletonRows rows={4} />;
  if (asked.isError) {
    return (
      <>
        <div className="mb-4">
          <ErrorPanel error={asked.error} />
        </div>
        <CodeForm />
      </>
    );
  }
  return asked.data.browserSignIn && <Decision asked={asked.data.browserSignIn} />;
}

function Decision({ asked }: { asked: BrowserSignIn }) {
  const ostler = useOstler();
  const { person } = useSession();
  const decide = useMutation({
    mutationFn: (approve: boolean) =>
      ostler.identity.decideBrowserSignIn({ requestId: newRequestId(), code: asked.code, approve }),
  });
  if (decide.isSuccess) return <Decided approved={decide.variables} />;
  return (
    <Section title="Is this the code that the program shows?">
      <p
        aria-label={`Code ${asked.code}`}
        className="bg-sunken border-line mb-4 rounded-lg border py-4 text-center font-mono text-2xl tracking-[0.2em]"
      >
        {asked.code}
      </p>
      <Facts
        pairs={[
          ['Program', plainText(asked.program)],
          ['On', plainText(asked.computer) || 'a computer that it did not name'],
          ['Asked from', asked.address],
          ['Asked', <Time key="at" at={asked.createdAt} />],
          ['Ends', <Time key="ends" at={asked.expiresAt} />],
          ['Acts as', `${person?.email}, ${roleWord(person?.role ?? 0).toLowerCase()}`],
        ]}
      />
      <p className="text-ink-2 mt-4 text-sm">
        Program and computer are what it says of itself. Let it in only when you began this and the codes are
        the same: it may then do everything that you may, until it signs out or its session ends.
      </p>
      {decide.isError && (
        <div className="mt-4">
          <ErrorPanel error={decide.error} />
        </div>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button look="primary" busy={decide.isPending} onClick={() => decide.mutate(true)}>
          Let it in
        </Button>
        <Button look="danger" busy={decide.isPending} onClick={() => decide.mutate(false)}>
          Turn it away
        </Button>
      </div>
    </Section>
  );
}

function Decided({ approved }: { approved: boolean }) {
  return (
    <div role="status">
      <Note>
        {approved
          ? 'The program is signed in. Go back to it; this page can be closed.'
          : 'The program was turned away. If you did not begin this, somebody may know this address: nothing was given to them.'}
      </Note>
    </div>
  );
}
