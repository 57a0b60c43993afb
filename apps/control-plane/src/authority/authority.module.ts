import { Module } from '@nestjs/common';
import { AuthorityRotation } from './authority-rotation';
import { AuthorityRepository } from './authority.repository';
import { AuthorityService } from './authority.service';
import { ListenerKeys } from './listener-keys';

@Module({
  providers: [AuthorityRepository, AuthorityRotation, AuthorityService, ListenerKeys],
  exports: [AuthorityRotation, AuthorityService, ListenerKeys],
})
export class AuthorityModule {}
