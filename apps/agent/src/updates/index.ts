export {
  AGENT_UNIT,
  findInstallation,
  type FoundInstallation,
  type Installation,
  versionIn,
} from './installation';
export { downloadPackage, type PackageSource } from './package-download';
export { Probation } from './probation';
export { ROLLBACK_AFTER_SECONDS, RollbackUnits } from './rollback-units';
export { UpdateFolder, type UpdateRecord } from './update-record';
