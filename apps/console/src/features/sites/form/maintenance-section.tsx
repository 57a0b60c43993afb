import { create } from '@bufbuild/protobuf';
import { type ErrorPage, ErrorPageSchema, type Maintenance, MaintenanceSchema } from '@ostler/contracts';
import { CheckField } from '../../../components/field';
import { BoundNumber, BoundText, BoundWords } from '../../../components/form/bound';
import { FormSection } from '../../../components/form/form-section';
import { ListEditor, TextListEditor } from '../../../components/form/list-editor';
import { maintenanceSummary } from './summaries';
import type { SitePartProps } from './site-fields';

export function MaintenanceSection({ spec, patch }: SitePartProps) {
  return (
    <FormSection
      title="Maintenance and error pages"
      purpose="What visitors see when the site is closed, or when something fails."
      summary={maintenanceSummary(spec)}
      paths={['maintenance', 'errorPages']}
    >
      <CheckField
        label="The site is in maintenance"
        help="Every request is answered with 503 while this is set."
        checked={spec.maintenance !== undefined}
        onChange={(on) => patch({ maintenance: on ? create(MaintenanceSchema) : undefined })}
      />
      {spec.maintenance && (
        <MaintenanceFields value={spec.maintenance} onChange={(maintenance) => patch({ maintenance })} />
      )}
      <div>
        <p className="mb-1 text-xs font-medium">Error pages</p>
        <ListEditor
          items={spec.errorPages}
          onChange={(errorPages) => patch({ errorPages })}
          path="errorPages"
          one="error page"
          framed
          make={() => create(ErrorPageSchema, { statuses: [404] })}
        >
          {(page, change, path) => <ErrorPageFields value={page} onChange={change} path={path} />}
        </ListEditor>
      </div>
    </FormSection>
  );
}

function MaintenanceFields({
  value,
  onChange,
}: {
  value: Maintenance;
  onChange: (value: Maintenance) => void;
}) {
  return (
    <>
      <BoundText
        label="Page, as HTML"
        optional
        mono
        rows={3}
        path="maintenance.body"
        placeholder="a plain page"
        value={value.body}
        onChange={(body) => onChange({ ...value, body })}
      />
      <BoundNumber
        label="Come back in"
        optional
        unit="seconds"
        path="maintenance.retryAfterSeconds"
        value={value.retryAfterSeconds}
        onChange={(retryAfterSeconds) => onChange({ ...value, retryAfterSeconds })}
      />
      <div>
        <p className="mb-1 text-xs font-medium">Addresses that still reach the site</p>
        <TextListEditor
          items={value.allow}
          onChange={(allow) => onChange({ ...value, allow })}
          path="maintenance.allow"
          one="address"
          placeholder="192.0.2.0/24"
        />
      </div>
    </>
  );
}

function ErrorPageFields({
  value,
  onChange,
  path,
}: {
  value: ErrorPage;
  onChange: (value: ErrorPage) => void;
  path: string;
}) {
  return (
    <div className="flex flex-col gap-4">
      <BoundWords
        label="For the statuses"
        path={`${path}.statuses`}
        placeholder="404 410"
        value={value.statuses.map(String)}
        onChange={(words) => onChange({ ...value, statuses: words.map(Number).filter(Number.isInteger) })}
      />
      <BoundText
        label="Page, as HTML"
        mono
        rows={3}
        path={`${path}.body`}
        value={value.body}
        onChange={(body) => onChange({ ...value, body })}
      />
    </div>
  );
}
