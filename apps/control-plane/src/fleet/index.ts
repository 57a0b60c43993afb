export { FleetModule } from './fleet.module';
export { FleetService } from './fleet.service';
export { FleetSettings } from './fleet-settings';
export { PlacementChanges, type PlacementListener } from './placement-changes';
