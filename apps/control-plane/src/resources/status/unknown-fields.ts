import { createRegistry } from '@bufbuild/protobuf';
import {
  file_ostler_certificate_v1_certificate,
  file_ostler_link_v1_manifest,
  file_ostler_meta_v1_meta,
  file_ostler_site_v1_site,
  type PlacementReport,
} from '@ostler/contracts';

const registry = createRegistry(
  file_ostler_certificate_v1_certificate,
  file_ostler_link_v1_manifest,
  file_ostler_meta_v1_meta,
  file_ostler_site_v1_site,
);

/** As an agent says it, which knows of a newer field nothing but its number. */
const NUMBERED = /field (\d+) of ([\w.]+)/g;

/** The report with the names of the fields that its agent is too old for, as people write them. */
export function nameUnknownFields(report: PlacementReport): PlacementReport {
  const isAboutFields = report.conditions.some(({ reason }) => reason === 'UNKNOWN_FIELD');
  if (!isAboutFields) return report;
  const conditions = report.conditions.map((one) => ({
    ...one,
    message: one.message.replaceAll(NUMBERED, named),
  }));
  return { ...report, conditions };
}

function named(text: string, number: string, typeName: string): string {
  const field = registry.getMessage(typeName)?.fields.find((one) => one.number === Number(number));
  return field ? `${field.jsonName} (${text})` : text;
}
