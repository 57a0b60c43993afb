export { FleetModule } from './fleet.module';
export { FleetService } from './fleet.service';
