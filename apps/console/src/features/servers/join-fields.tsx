import { useServers } from '../../api/live';
import { CheckField, NumberField, SelectField, TextField } from '../../components/field';
import { ErrorPanel } from '../../components/panels';

/** What a join token is to allow, as it is typed. */
export interface JoinWish {
  readonly description: string;
  readonly lifetimeSeconds: number;
  readonly maximumUses: number;
  readonly labels: string;
  readonly waitingRoom: boolean;
  readonly replacesServer: string;
}

export const emptyJoinWish: JoinWish = {
  description: '',
  lifetimeSeconds: 3600,
  maximumUses: 0,
  labels: '',
  waitingRoom: false,
  replacesServer: '',
};

const lifetimes = [
  { value: 3600, label: '1 hour' },
  { value: 86_400, label: '1 day' },
  { value: 604_800, label: '7 days' },
  { value: 2_592_000, label: '30 days' },
];

export function JoinFields({
  wish,
  onChange,
  fixedServer,
  error,
}: {
  wish: JoinWish;
  onChange: (wish: JoinWish) => void;
  /** The dialog was opened for one server: it is not chosen here. */
  fixedServer: boolean;
  error: unknown;
}) {
  const set =
    <K extends keyof JoinWish>(key: K) =>
    (value: JoinWish[K]): void =>
      onChange({ ...wish, [key]: value });
  const replaces = wish.replacesServer !== '';
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label="Valid for"
        value={wish.lifetimeSeconds}
        onChange={set('lifetimeSeconds')}
        options={lifetimes}
      />
      {replaces ? (
        <p className="text-ink-2 self-end pb-1.5 text-sm">One machine alone may use it.</p>
      ) : (
        <NumberField
          label="Servers that may use it"
          value={wish.maximumUses}
          onChange={set('maximumUses')}
          placeholder="1"
          max={1000}
        />
      )}
      {!fixedServer && <ReplacesField value={wish.replacesServer} onChange={set('replacesServer')} />}
      <TextField
        label="What it is for"
        optional
        placeholder="racks in Helsinki"
        value={wish.description}
        onChange={set('description')}
      />
      {!replaces && (
        <div className="sm:col-span-2">
          <TextField
            label="Labels for the server"
            optional
            mono
            placeholder="env=prod zone=fra"
            help="Sites can be placed by label, so a new server takes part at once."
            value={wish.labels}
            onChange={set('labels')}
          />
        </div>
      )}
      <div className="sm:col-span-2">
        <CheckField
          label="Each server waits until somebody lets it in"
          help="For a token that many can read, as in an image or a user-data script."
          checked={wish.waitingRoom}
          onChange={set('waitingRoom')}
        />
      </div>
      {error !== null && error !== undefined && (
        <div className="sm:col-span-2">
          <ErrorPanel error={error} />
        </div>
      )}
    </div>
  );
}

function ReplacesField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const servers = useServers();
  const options = [
    { value: '', label: 'Nobody: it is a new server' },
    ...servers.map(({ name }) => ({ value: name, label: name })),
  ];
  return <SelectField label="Takes the place of" value={value} onChange={onChange} options={options} />;
}
