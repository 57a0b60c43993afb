export { FleetModule } from './fleet.module';
export { FleetService } from './fleet.service';
export { PlacementChanges, type PlacementListener } from './placement-changes';
