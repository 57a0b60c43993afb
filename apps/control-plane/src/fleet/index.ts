export { FleetModule } from './fleet.module';
export { FleetService } from './fleet.service';
export { MOST_SELECTORS } from './selectors.service';
export { DOWN_AFTER_MS, UNKNOWN_AFTER_MS } from './server-pulse';
export { toWaitingServer } from './waiting-room.rpc';
export { MOST_WAITING as MOST_WAITING_SERVERS, WaitingRoom } from './waiting-room.service';
