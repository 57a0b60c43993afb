export { secretPlace } from './admission/secrets.admit';
export { kindEngine } from './kinds';
export { type ChangePlanner, ChangePlannerSlot, type PreparedPlan } from './planning/change-planner.port';
export { ResourcesModule } from './resources.module';
export { ServerChanges } from './server-changes';
export { StatusIntake } from './status/status-intake';
export { OrderOfChanges } from './store/order-of-changes';
export { loadSpec, specCaseOf } from './store/stored-spec';
export { type ChangedResources, ResourceChanges } from './watching/resource-changes';
