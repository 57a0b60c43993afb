export { FleetModule } from './fleet.module';
export { FleetService } from './fleet.service';
export { toWaitingServer } from './waiting-room.rpc';
export { WaitingRoom } from './waiting-room.service';
