export { HeldIntake } from './held-intake';
export { ManifestModule } from './manifest.module';
export { type Fence, Manifests, type Offer, type RevealedSecret } from './manifests.service';
export { OrphansService } from './orphans.service';
export { type AgentPlans, PlannerService } from './planner.service';
