import {
  Activity,
  Gauge,
  Globe,
  ListChecks,
  type LucideIcon,
  Server,
  Settings,
  ShieldCheck,
} from 'lucide-react';

export interface ShellSection {
  readonly to: '/' | '/servers' | '/sites' | '/certificates' | '/operations' | '/activity' | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
}

/** The rail, from top to bottom. */
export const sections: readonly ShellSection[] = [
  { to: '/', label: 'Overview', icon: Gauge },
  { to: '/servers', label: 'Servers', icon: Server },
  { to: '/sites', label: 'Sites', icon: Globe },
  { to: '/certificates', label: 'Certificates', icon: ShieldCheck },
  { to: '/operations', label: 'Operations', icon: ListChecks },
  { to: '/activity', label: 'Activity', icon: Activity },
  { to: '/settings', label: 'Settings', icon: Settings },
];
