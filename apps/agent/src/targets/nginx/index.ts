export { challengeLocation, probeLocation } from './assemble';
export { renderConfiguration } from './configuration/render';
export {
  block,
  directive,
  ownFile,
  template,
  variable,
  when,
  type Argument,
  type Directive,
  type Part,
} from './configuration/tree';
export {
  atLeast,
  digestOf,
  type ContributedFile,
  type Contribution,
  type ProbePoint,
  type ServerFacts,
} from './contribution';
export { CONNECTION_VARIABLE, GENERATION_VARIABLE, LOG_FORMAT } from './names';
export { layoutOf, type Layout } from './layout';
export { NginxTarget, type NginxTargetOptions, type Outcome } from './nginx-target';
export { startUpkeep } from './upkeep.loop';
