export type * from './driver.port';
export { placedResource } from './placed-resources';
export { previewPlan } from './preview';
export { Reconciler, type ReconcilerDeps } from './reconciler';
