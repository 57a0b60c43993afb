import { Module } from '@nestjs/common';
import { AuthorityRepository } from './authority.repository';
import { AuthorityService } from './authority.service';

@Module({ providers: [AuthorityRepository, AuthorityService], exports: [AuthorityService] })
export class AuthorityModule {}
