import { Permission, type StaticFiles } from '@ostler/contracts';
import { useState } from 'react';
import { useRefusal } from '../../../api/session';
import { SelectField } from '../../../components/field';
import { BoundOptionalNumber, BoundText, BoundWords } from '../../../components/form/bound';
import { FieldRow } from '../../../components/form/form-section';
import { PublishFolder } from '../publish/publish-folder';

const sources = [
  { value: 'root', label: 'A folder on the server' },
  { value: 'release', label: 'A published release' },
] as const;

export function StaticFilesFields({
  value,
  onChange,
  path,
}: {
  value: StaticFiles;
  onChange: (value: StaticFiles) => void;
  path: string;
}) {
  const refusal = useRefusal(Permission.RESOURCES_WRITE);
  const [source, setSource] = useState<(typeof sources)[number]['value']>(
    value.release === '' ? 'root' : 'release',
  );
  const patch = (change: Partial<StaticFiles>): void => onChange({ ...value, ...change });
  return (
    <>
      <FieldRow>
        <SelectField
          label="Files come from"
          value={source}
          options={[...sources]}
          onChange={(next) => {
            setSource(next);
            patch({ root: '', release: '' });
          }}
        />
        {source === 'root' ? (
          <BoundText
            label="Folder"
            mono
            path={`${path}.root`}
            also={path}
            placeholder="/srv/www/shop"
            value={value.root}
            onChange={(root) => patch({ root })}
          />
        ) : (
          <BoundText
            label="Release"
            mono
            path={`${path}.release`}
            also={path}
            placeholder="sha256:…"
            help="Filled in by publishing a folder below; a digest of before can be written here too."
            value={value.release}
            onChange={(release) => patch({ release: release.trim() })}
          />
        )}
      </FieldRow>
      {source === 'release' && (
        <PublishFolder refusal={refusal} onPublished={({ digest }) => patch({ release: digest })} />
      )}
      <FieldRow columns={3}>
        <BoundWords
          label="Index files"
          optional
          path={`${path}.index`}
          placeholder="index.html"
          value={value.index}
          onChange={(index) => patch({ index })}
        />
        <BoundText
          label="Fallback"
          optional
          mono
          path={`${path}.fallback`}
          placeholder="/index.html"
          help="Answered for what does not exist; for single-page applications."
          value={value.fallback}
          onChange={(fallback) => patch({ fallback })}
        />
        <BoundOptionalNumber
          label="Browsers keep files for"
          optional
          unit="seconds"
          max={31_536_000}
          placeholder="not said"
          path={`${path}.cacheSeconds`}
          value={value.cacheSeconds}
          onChange={(cacheSeconds) => patch({ cacheSeconds })}
        />
      </FieldRow>
    </>
  );
}
