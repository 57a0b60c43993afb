export { type BackupHeader } from './backup-format';
export { type LoadSummary, loadBackup } from './load-backup';
export { OpenBackup } from './open-backup';
export { nextEpoch } from './settle-restored';
export { type BackupSummary, writeBackup } from './write-backup';
