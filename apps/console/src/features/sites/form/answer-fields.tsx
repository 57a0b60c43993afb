import type { FastCgi, FixedResponse, Redirect } from '@ostler/contracts';
import { BoundCheck, BoundNumber, BoundSelect, BoundText } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';

interface PartProps<Value> {
  value: Value;
  onChange: (value: Value) => void;
  path: string;
}

export function FastCgiFields({ value, onChange, path }: PartProps<FastCgi>) {
  return (
    <FieldRow columns={3}>
      <BoundText
        label="Socket"
        mono
        path={`${path}.socket`}
        placeholder="/run/php/php8.2-fpm.sock"
        value={value.socket}
        onChange={(socket) => onChange({ ...value, socket })}
      />
      <BoundText
        label="Folder of the scripts"
        mono
        path={`${path}.root`}
        placeholder="/srv/www/app/public"
        value={value.root}
        onChange={(root) => onChange({ ...value, root })}
      />
      <BoundText
        label="Front controller"
        optional
        mono
        path={`${path}.index`}
        placeholder="index.php"
        value={value.index}
        onChange={(index) => onChange({ ...value, index })}
      />
    </FieldRow>
  );
}

const redirects = [
  { value: 0, label: '308 permanent, keeps the method' },
  { value: 301, label: '301 permanent' },
  { value: 302, label: '302 found' },
  { value: 303, label: '303 see other' },
  { value: 307, label: '307 temporary, keeps the method' },
  { value: 308, label: '308 permanent' },
];

export function RedirectFields({ value, onChange, path }: PartProps<Redirect>) {
  return (
    <>
      <FieldRow>
        <BoundText
          label="Target"
          mono
          path={`${path}.target`}
          placeholder="https://www.example.com or /new"
          value={value.target}
          onChange={(target) => onChange({ ...value, target })}
        />
        <BoundSelect
          label="Status"
          path={`${path}.status`}
          value={value.status}
          options={redirects}
          onChange={(status) => onChange({ ...value, status })}
        />
      </FieldRow>
      <BoundCheck
        label="Append the path and query of the request"
        path={`${path}.keepPath`}
        checked={value.keepPath}
        onChange={(keepPath) => onChange({ ...value, keepPath })}
      />
    </>
  );
}

export function FixedResponseFields({ value, onChange, path }: PartProps<FixedResponse>) {
  return (
    <>
      <BoundNumber
        label="Status"
        max={599}
        path={`${path}.status`}
        value={value.status}
        onChange={(status) => onChange({ ...value, status })}
      />
      <BoundText
        label="Body, as HTML"
        optional
        mono
        rows={4}
        path={`${path}.body`}
        value={value.body}
        onChange={(body) => onChange({ ...value, body })}
      />
    </>
  );
}
