import { create } from '@bufbuild/protobuf';
import { type Header, HeaderSchema } from '@ostler/contracts';
import { BoundText } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';
import { ListEditor } from '../../../components/form/list-editor';

export function HeadersEditor({
  headers,
  onChange,
  path,
}: {
  headers: readonly Header[];
  onChange: (headers: Header[]) => void;
  path: string;
}) {
  return (
    <ListEditor
      items={headers}
      onChange={onChange}
      path={path}
      one="header"
      make={() => create(HeaderSchema)}
    >
      {(header, change, at) => (
        <FieldRow>
          <BoundText
            label="Name"
            mono
            path={`${at}.name`}
            placeholder="X-Frame-Options"
            value={header.name}
            onChange={(name) => change({ ...header, name })}
          />
          <BoundText
            label="Value"
            mono
            path={`${at}.value`}
            placeholder="DENY"
            value={header.value}
            onChange={(value) => change({ ...header, value })}
          />
        </FieldRow>
      )}
    </ListEditor>
  );
}
