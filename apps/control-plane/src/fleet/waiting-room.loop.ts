import { Injectable, type OnModuleInit } from '@nestjs/common';
import { cleanUpLoop, Loops } from '../platform/loops';
import { WaitingRoom } from './waiting-room.service';

/** Keeps the list of waiting servers to those that wait. */
@Injectable()
export class WaitingRoomLoop implements OnModuleInit {
  constructor(
    private readonly loops: Loops,
    private readonly room: WaitingRoom,
  ) {}

  onModuleInit(): void {
    this.loops.add(cleanUpLoop('waiting-room', [() => this.room.takeOffSilent().then(() => false)]));
  }
}
