import { create } from '@bufbuild/protobuf';
import { type PathRule, PathRule_Match as Match, PathRuleSchema, type Upstream } from '@ostler/contracts';
import { BoundSelect, BoundText } from '../../../components/form/bound';
import { FieldRow, FormSection } from '../../../components/form/form-section';
import { ListEditor } from '../../../components/form/list-editor';
import { AccessRulesEditor, BasicAuthFields } from './access-fields';
import { HandlerFields } from './handler-fields';
import { HeadersEditor } from './headers-editor';
import { RateLimitFields } from './rate-limit-fields';
import { pathsSummary } from './summaries';
import type { SitePartProps } from './site-fields';

const matches = [
  { value: Match.UNSPECIFIED, label: 'What begins with it' },
  { value: Match.PREFIX, label: 'What begins with it (said)' },
  { value: Match.EXACT, label: 'It alone' },
];

export function PathsSection({ spec, patch }: SitePartProps) {
  return (
    <FormSection
      title="Paths"
      purpose="Other answers for some paths: the longest prefix wins, an exact match before it."
      summary={pathsSummary(spec)}
      paths={['paths']}
    >
      <ListEditor
        items={spec.paths}
        onChange={(paths) => patch({ paths })}
        path="paths"
        one="path"
        framed
        make={() =>
          create(PathRuleSchema, { path: '/', handler: { answer: { case: 'staticFiles', value: {} } } })
        }
      >
        {(rule, change, path) => (
          <PathFields value={rule} onChange={change} path={path} upstreams={spec.upstreams} />
        )}
      </ListEditor>
    </FormSection>
  );
}

function PathFields({
  value,
  onChange,
  path,
  upstreams,
}: {
  value: PathRule;
  onChange: (value: PathRule) => void;
  path: string;
  upstreams: readonly Upstream[];
}) {
  const patch = (change: Partial<PathRule>): void => onChange({ ...value, ...change });
  return (
    <div className="flex flex-col gap-4">
      <FieldRow>
        <BoundText
          label="Path"
          mono
          path={`${path}.path`}
          placeholder="/assets/"
          value={value.path}
          onChange={(next) => patch({ path: next })}
        />
        <BoundSelect
          label="Matches"
          path={`${path}.match`}
          value={value.match}
          options={matches}
          onChange={(match) => patch({ match })}
        />
      </FieldRow>
      <HandlerFields
        handler={value.handler}
        onChange={(handler) => patch({ handler })}
        path={`${path}.handler`}
        upstreams={upstreams}
      />
      <div>
        <p className="mb-1 text-xs font-medium">Response headers</p>
        <HeadersEditor
          headers={value.headers}
          onChange={(headers) => patch({ headers })}
          path={`${path}.headers`}
        />
      </div>
      <RateLimitFields
        value={value.rateLimit}
        onChange={(rateLimit) => patch({ rateLimit })}
        path={`${path}.rateLimit`}
      />
      <AccessRulesEditor
        rules={value.access}
        onChange={(access) => patch({ access })}
        path={`${path}.access`}
      />
      <BasicAuthFields
        value={value.basicAuth}
        onChange={(basicAuth) => patch({ basicAuth })}
        path={`${path}.basicAuth`}
      />
    </div>
  );
}
