import { Module } from '@nestjs/common';
import { AgentUpdatesModule } from '../agent-updates';
import { AuthorityModule } from '../authority';
import { Installer } from './installer.service';

@Module({ imports: [AgentUpdatesModule, AuthorityModule], providers: [Installer], exports: [Installer] })
export class InstallerModule {}
