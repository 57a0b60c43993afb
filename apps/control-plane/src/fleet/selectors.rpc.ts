import { create } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type DeleteSelectorRequest,
  FleetService as FleetContract,
  SavedSelectorSchema,
  type SaveSelectorRequest,
} from '@ostler/contracts';
import { audit, currentCall, RpcRegistry } from '../platform/rpc';
import type { SelectorRow } from './selectors.repository';
import { SelectorsService } from './selectors.service';

type Methods = Pick<
  ServiceImpl<typeof FleetContract>,
  'listSavedSelectors' | 'saveSelector' | 'deleteSelector'
>;

@Injectable()
export class SelectorsRpc implements OnModuleInit, Methods {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly selectors: SelectorsService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async listSavedSelectors() {
    return { selectors: (await this.selectors.list(currentCall().tenantUid)).map(toSelector) };
  }

  async saveSelector({ name, labels }: SaveSelectorRequest) {
    audit.note({ subject: `Selector ${name}` });
    return { selector: toSelector(await this.selectors.save(currentCall().tenantUid, name, labels)) };
  }

  async deleteSelector({ name }: DeleteSelectorRequest) {
    audit.note({ subject: `Selector ${name}` });
    await this.selectors.delete(currentCall().tenantUid, name);
    return {};
  }
}

function toSelector({ name, labels, servers }: SelectorRow) {
  return create(SavedSelectorSchema, { name, labels, servers });
}
