import type { Resource, ResourceMeta } from '@ostler/contracts';
import { FieldRow } from './form-section';
import { BoundLabels, BoundText } from './bound';

/** Name, display name and labels of any kind. */
export function MetaFields({
  draft,
  onChange,
  isNew,
}: {
  draft: Resource;
  onChange: (draft: Resource) => void;
  isNew: boolean;
}) {
  const { meta } = draft;
  if (!meta) return null;
  const patch = (change: Partial<ResourceMeta>): void => onChange({ ...draft, meta: { ...meta, ...change } });
  return (
    <FieldRow columns={3}>
      <BoundText
        label="Name"
        path="meta.name"
        mono
        autoFocus={isNew}
        disabled={!isNew}
        placeholder="shop"
        help={isNew ? 'Lower-case letters, digits, dashes. It stays.' : 'A name stays for good.'}
        value={meta.name}
        onChange={(name) => patch({ name })}
      />
      <BoundText
        label="Display name"
        optional
        path="meta.displayName"
        value={meta.displayName}
        onChange={(displayName) => patch({ displayName })}
      />
      <BoundLabels
        label="Labels"
        optional
        path="meta.labels"
        value={meta.labels}
        onChange={(labels) => patch({ labels })}
      />
    </FieldRow>
  );
}
