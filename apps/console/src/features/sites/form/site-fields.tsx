import type { Resource, SiteSpec } from '@ostler/contracts';
import { FormSection } from '../../../components/form/form-section';
import { TextListEditor } from '../../../components/form/list-editor';
import { MetaFields } from '../../../components/form/meta-fields';
import { AccessSection } from './access-section';
import { AdvancedSection } from './advanced-section';
import { HandlerFields } from './handler-fields';
import { HeadersEditor } from './headers-editor';
import { HttpsSection } from './https-section';
import { LimitsSection } from './limits-section';
import { MaintenanceSection } from './maintenance-section';
import { PathsSection } from './paths-section';
import { PlacementFields } from './placement-fields';
import { headersSummary } from './summaries';
import { UpstreamsSection } from './upstreams-section';

export interface SitePartProps {
  spec: SiteSpec;
  patch: (change: Partial<SiteSpec>) => void;
}

/** Every field of a site, the common ones first. */
export function SiteFields({
  draft,
  onChange,
  isNew,
}: {
  draft: Resource;
  onChange: (draft: Resource) => void;
  isNew: boolean;
}) {
  if (draft.spec.case !== 'site') return null;
  const spec = draft.spec.value;
  const patch = (change: Partial<SiteSpec>): void =>
    onChange({ ...draft, spec: { case: 'site', value: { ...spec, ...change } } });
  const part = { spec, patch };
  return (
    <>
      <FormSection title="Site" purpose="What it is called and where it runs." paths={['meta', 'placement']}>
        <MetaFields draft={draft} onChange={onChange} isNew={isNew} />
        <PlacementFields {...part} />
      </FormSection>
      <FormSection
        title="Domains"
        purpose="The host names it answers for; the first is the primary one."
        paths={['domains']}
      >
        <TextListEditor
          items={spec.domains}
          onChange={(domains) => patch({ domains })}
          path="domains"
          one="domain"
          placeholder="www.example.com or *.example.com"
        />
      </FormSection>
      <FormSection title="Answer" purpose="What answers the path /." paths={['handler']}>
        <HandlerFields
          handler={spec.handler}
          onChange={(handler) => patch({ handler })}
          path="handler"
          upstreams={spec.upstreams}
        />
      </FormSection>
      <UpstreamsSection {...part} />
      <HttpsSection {...part} />
      <PathsSection {...part} />
      <FormSection
        title="Response headers"
        purpose="Added to every response."
        summary={headersSummary(spec.headers)}
        paths={['headers']}
      >
        <HeadersEditor headers={spec.headers} onChange={(headers) => patch({ headers })} path="headers" />
      </FormSection>
      <LimitsSection {...part} />
      <AccessSection {...part} />
      <MaintenanceSection {...part} />
      <AdvancedSection {...part} />
    </>
  );
}
