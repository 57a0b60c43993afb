import type { Disk, Server } from '@ostler/contracts';
import { CopyText } from '../../components/copy';
import { Facts, Section } from '../../components/page';
import { Time } from '../../components/time';
import { bytesText } from '../../lib/amounts';

export function ServerFactsCard({ server: { facts } }: { server: Server }) {
  if (!facts) {
    return (
      <Section title="Facts">
        <p className="text-ink-2 text-sm">The agent has not reported yet.</p>
      </Section>
    );
  }
  return (
    <Section title="Facts">
      <Facts
        pairs={[
          ['Host name', facts.hostname],
          ['System', facts.os],
          ['Kernel', `${facts.kernel} (${facts.architecture})`],
          ['Processors', facts.cpuModel ? `${facts.cpus} × ${facts.cpuModel}` : String(facts.cpus)],
          ['Memory', bytesText(facts.memoryBytes)],
          [
            'Addresses',
            <span key="addresses" className="flex flex-col items-start">
              {facts.addresses.map((address) => (
                <CopyText key={address} text={address} />
              ))}
            </span>,
          ],
          ['nginx', facts.nginxVersion],
          ['systemd', facts.systemdVersion],
          ['Docker', facts.dockerVersion],
          ['Ports', `${facts.httpPort} for HTTP, ${facts.httpsPort} for HTTPS`],
          ['Booted', <Time key="booted" at={facts.bootedAt} empty="unknown" />],
        ]}
      />
    </Section>
  );
}

/** Where there is room; the bar is a picture of the words beside it. */
export function Disks({ server: { facts } }: { server: Server }) {
  if (!facts || facts.disks.length === 0) return null;
  return (
    <Section title="Disks" text="File systems on disks of this server." flush>
      <ul className="divide-line divide-y">
        {facts.disks.map((disk) => (
          <DiskRow key={disk.mountPoint} disk={disk} />
        ))}
      </ul>
    </Section>
  );
}

function DiskRow({ disk: { mountPoint, fileSystem, sizeBytes, freeBytes } }: { disk: Disk }) {
  const used = sizeBytes > 0n ? 100 - Number((freeBytes * 100n) / sizeBytes) : 0;
  return (
    <li className="px-4 py-2 text-sm">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-mono text-xs font-medium break-all">{mountPoint}</span>
        <span className="text-ink-3 text-xs">{fileSystem}</span>
        <span className="text-ink-2 ml-auto">
          {bytesText(freeBytes)} of {bytesText(sizeBytes)} free
        </span>
      </div>
      <div aria-hidden className="bg-hover mt-1 h-1 overflow-hidden rounded-full">
        <div className="bg-ink-3 h-full" style={{ width: `${used}%` }} />
      </div>
    </li>
  );
}
