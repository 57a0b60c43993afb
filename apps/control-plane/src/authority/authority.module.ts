import { Module } from '@nestjs/common';
import { AuthorityRepository } from './authority.repository';
import { AuthorityService } from './authority.service';
import { ListenerKeys } from './listener-keys';

@Module({
  providers: [AuthorityRepository, AuthorityService, ListenerKeys],
  exports: [AuthorityService, ListenerKeys],
})
export class AuthorityModule {}
