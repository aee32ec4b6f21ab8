import StewardCore
import Testing

@Suite("Callers")
struct CallerTests {
    @Test(
        "The log's name and the rights of each kind of caller",
        arguments: [
            (Caller.anonymous, "", false), (.key(name: "reporting", isAdmin: false), "reporting", false),
            (.key(name: "root", isAdmin: true), "root", true), (.local, "local", true),
        ])
    func names(caller: Caller, name: String, isAdmin: Bool) {
        #expect(caller.name == name)
        #expect(caller.isAdmin == isAdmin)
    }
}
