export { createLinuxExec } from './linux-exec';
export type { BinaryPath, Command, Exec, Finished, UnitOptions, Units, UnitState } from './port';
export { SupervisedUnits } from './supervised-units';
export { SystemdUnits } from './systemd-units';
