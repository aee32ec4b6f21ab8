import StewardSandbox
import Testing

@Suite struct SandboxPolicyTests {
    @Test func aPolicyAllowsNothingUnlessToldTo() {
        let policy = SandboxPolicy()
        #expect(policy.readable.isEmpty && policy.writable.isEmpty && policy.devices.isEmpty)
        #expect(policy.identity == nil && policy.required.isEmpty)
    }
}
