export { type BackupHeader } from './backup-format';
export { copyDatabase } from './copy-database';
export { type Descriptor } from './file-descriptor';
export { type LoadSummary, loadBackup, requireKnown } from './load-backup';
export { OpenBackup } from './open-backup';
export { nextEpoch } from './settle-restored';
export { type BackupSummary, writeBackup } from './write-backup';
