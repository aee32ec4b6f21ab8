import Foundation
import StewardDNS
import Testing

@testable import StewardDANE
@testable import StewardHelper

@Suite struct RunnerTests {
    private var settings: DANESettings {
        var settings = DANESettings()
        var file = DANESettings.Zone()
        file.name = "file.example"
        file.file.path = "/etc/bind/db.file.example"
        file.file.rndc = ["docker", "exec", "bind", "rndc"]
        var program = DANESettings.Zone()
        program.name = "program.example"
        program.program = ["/usr/local/bin/publish", "--quiet"]
        settings.zones = [file, program]
        var deployment = DANESettings.Deployment()
        deployment.services = ["mail.program.example:25"]
        deployment.reload = ["postfix", "docker mail dovecot", "systemctl reload exim4"]
        settings.deployments = [deployment]
        settings.alarm.mail = "root@example"
        settings.alarm.command = ["/usr/local/bin/alert", "dane"]
        return settings
    }

    @Test(arguments: [
        "postfix reload", "docker exec mail doveadm reload", "systemctl reload exim4",
        "docker exec bind rndc reload file.example", "docker exec bind rndc freeze file.example",
        "docker exec bind rndc thaw file.example", "named-checkzone -i local file.example /dev/stdin",
        "/usr/local/bin/publish --quiet set program.example. _25._tcp.mail.program.example. 3600",
        "/usr/local/bin/alert dane",
    ]) func whatTheSettingsNameIsRun(line: String) {
        #expect(RunnerRules(settings).allow(line.split(separator: " ").map(String.init)))
    }

    @Test(arguments: [
        "", "sh -c id", "postfix", "postfix stop", "postfix reload now", "docker exec mail sh",
        "docker exec bind rndc stop", "docker exec bind rndc reload other.example", "rndc reload file.example",
        "named-checkzone -i local file.example /etc/shadow",
        "/usr/local/bin/publish --quiet set program.example. _25._tcp.www.program.example. 3600",
        "/usr/local/bin/publish --quiet set program.example. _25._tcp.mail.program.example. 3600;id",
        "/usr/local/bin/publish --quiet set program.example. _25._tcp.mail.program.example.",
        "/usr/local/bin/alert", "/usr/local/bin/alert dane x",
    ]) func nothingElseIs(line: String) {
        #expect(!RunnerRules(settings).allow(line.split(separator: " ").map(String.init)))
    }

    @Test func mailGoesToTheSettingsAddressAlone() {
        let rules = RunnerRules(settings)
        #expect(rules.allow(["sendmail", "-i", "-f", "", "--", "root@example"]))
        #expect(!rules.allow(["sendmail", "-i", "-f", "", "--", "thief@example"]))
    }

    @Test func variablesThatChangeAProgramAreRefused() {
        #expect(RunnerRules(settings).allow(variable: "STEWARD_ZONE"))
        #expect(!RunnerRules(settings).allow(variable: "LD_PRELOAD"))
        #expect(!RunnerRules(settings).allow(variable: "PATH"))
    }

    @Test func anAnswerFindsItsQuestionAndTheEndIsTold() async {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let (client, far) = (RunnerClient(descriptor: ends[0]), ends[1])
        Thread.detachNewThread {
            var requests: [RunnerMessage.Request] = []
            while requests.count < 2, let one = RunnerMessage.read(RunnerMessage.Request.self, from: far) {
                requests.append(one)
            }
            for request in requests.reversed() {
                let reply = RunnerMessage.Reply(
                    id: request.id, isGood: true, reason: "", output: Data(request.words.joined().utf8))
                _ = RunnerMessage.write(reply, to: far)
            }
            close(far)
        }
        async let one = client.run(["one"], seconds: 1, environment: [:], input: [])
        async let two = client.run(["two"], seconds: 1, environment: [:], input: [0, 255])
        #expect(await one.output == Array("one".utf8))
        #expect(await two.output == Array("two".utf8))
        let late = await client.run(["late"], seconds: 1, environment: [:], input: [])
        #expect(!late.isGood && late.reason.contains("has ended"))
        // Shut down, not closed: the client's thread may be about to read, and would read from whoever got the number.
        shutdown(ends[0], Int32(SHUT_RDWR))
    }

    @Test func aRefusedCommandIsAnsweredAndNotRun() async {
        let reply = await Runner(RunnerRules(settings)).answer(
            .init(id: 7, words: ["touch", "/tmp/steward-runner-test"], seconds: 1, environment: [:], input: Data()))
        #expect(reply.id == 7 && !reply.isGood && reply.reason.contains("refuses"))
        #expect(!FileManager.default.fileExists(atPath: "/tmp/steward-runner-test"))
    }
}
