import { Module } from '@nestjs/common';

import { ResourcesModule } from '../resources';
import { CompileService } from './compile.service';
import { HeldIntake } from './held-intake';
import { ManifestBodies } from './manifest-bodies';
import { ManifestChanges } from './manifest-changes';
import { ManifestLoop } from './manifest.loop';
import { ManifestRepository } from './manifest.repository';
import { Manifests } from './manifests.service';
import { OrphanRepository } from './orphan.repository';
import { OrphansService } from './orphans.service';
import { PlacedSpecsRepository } from './placed-specs.repository';
import { PlacementChanges } from './placement-changes';
import { PlannerService } from './planner.service';
import { RecompileLoop } from './recompile.loop';
import { ChangeCauses } from './change-causes';
import { RecompileNotes } from './recompile-notes';

/** What one server should have: compiled, numbered, handed out by hash. */
@Module({
  imports: [ResourcesModule],
  providers: [
    CompileService,
    HeldIntake,
    ManifestBodies,
    ManifestChanges,
    ManifestLoop,
    ManifestRepository,
    Manifests,
    OrphanRepository,
    OrphansService,
    PlacedSpecsRepository,
    PlacementChanges,
    PlannerService,
    RecompileLoop,
    RecompileNotes,
    ChangeCauses,
  ],
  exports: [HeldIntake, Manifests, OrphansService, PlannerService],
})
export class ManifestModule {}
