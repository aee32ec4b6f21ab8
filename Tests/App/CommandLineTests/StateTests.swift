import Foundation
import StewardServer
import Testing

@testable import StewardCommandLine

@Suite("Which state folder a command means")
struct StateTests {
    @Test(
        "The same as steward serve without settings",
        arguments: [
            (nil, [:], true, "/var/lib/steward"), (nil, ["HOME": "/home/a"], false, "/home/a/.local/state/steward"),
            (nil, ["STATE_DIRECTORY": "/var/lib/x:/y"], true, "/var/lib/x"), ("s", [:], true, "/work/s"),
            (nil, ["API_TRUSTED_IPS": "rubbish"], true, "/var/lib/steward"),
        ] as [(String?, [String: String], Bool, String)])
    func standard(option: String?, variables: [String: String], isRoot: Bool, folder: String) throws {
        let environment = SettingsEnvironment(variables: variables, workingFolder: "/work", isRoot: isRoot)
        #expect(try StateOptions.standard(option, environment: environment) == folder)
    }
}
