import { Module } from '@nestjs/common';

import { LimitsRpc } from './limits.rpc';

@Module({ providers: [LimitsRpc] })
export class LimitsModule {}
