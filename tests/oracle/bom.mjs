// Whether a file is CycloneDX 1.6 by the strict schema of CycloneDX's own library: node bom.mjs FILE.json
import { readFileSync } from 'node:fs'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'

const faults = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(readFileSync(process.argv[2], 'utf8'))
if (faults !== null) {
    console.log(JSON.stringify(faults, null, 1).slice(0, 4000))
    process.exit(1)
}
console.log('valid CycloneDX 1.6')
