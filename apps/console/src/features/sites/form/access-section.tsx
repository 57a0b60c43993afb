import { FormSection } from '../../../components/form/form-section';
import { AccessRulesEditor, BasicAuthFields } from './access-fields';
import { accessSummary } from './summaries';
import type { SitePartProps } from './site-fields';

export function AccessSection({ spec, patch }: SitePartProps) {
  return (
    <FormSection
      title="Access"
      purpose="Who may reach the site, by address and by password."
      summary={accessSummary(spec)}
      paths={['access', 'basicAuth']}
    >
      <AccessRulesEditor rules={spec.access} onChange={(access) => patch({ access })} path="access" />
      <BasicAuthFields
        value={spec.basicAuth}
        onChange={(basicAuth) => patch({ basicAuth })}
        path="basicAuth"
      />
    </FormSection>
  );
}
