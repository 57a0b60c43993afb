import { Injectable } from '@nestjs/common';

import { Database } from '../db';
import { Metrics } from '../metrics';

/** How many calls there are, how they end, how long they take. */
@Injectable()
export class RpcMetrics {
  private readonly seconds;
  private readonly underWay;

  constructor(metrics: Metrics, database: Database) {
    metrics.observed(
      'ostler_db_connections',
      'Connections to the database.',
      () => database.pool.connections,
    );
    metrics.observed(
      'ostler_db_waiting',
      'Units of work that wait for a connection.',
      () => database.pool.waiting,
    );
    this.seconds = metrics.histogram('ostler_rpc_seconds', 'How long calls take, by how they ended.', [
      'method',
      'result',
    ]);
    this.underWay = metrics.gauge('ostler_rpc_under_way', 'Calls and streams that have not ended.', [
      'method',
    ]);
  }

  /** Returns what to call when the call has ended; later calls of it do nothing. */
  begin(method: string): (result: string) => void {
    const began = performance.now();
    this.underWay.inc({ method });
    let hasEnded = false;
    return (result) => {
      if (hasEnded) return;
      hasEnded = true;
      this.underWay.dec({ method });
      this.seconds.observe({ method, result }, (performance.now() - began) / 1000);
    };
  }
}
