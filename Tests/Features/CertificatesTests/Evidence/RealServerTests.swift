import Foundation
import Testing

@testable import StewardCertificates

/// The installed servers read the same small configurations: they must name the files and values that the readers do.
@Suite struct RealServerTests {
    private func collector() -> EvidenceCollector { EvidenceCollector(root: ConfigurationRoot()) }

    private func answer(_ program: ServerProgram, _ arguments: [String]) throws -> [UInt8] {
        switch program.ask(arguments, seconds: 60) {
        case .answered(let output): return output
        case .failed(let reason): throw Refusal(reason: reason)
        case .absent: throw Refusal(reason: "absent")
        }
    }

    private struct Refusal: Error { var reason: String }

    @Test(.enabled(if: ServerProgram.nginx.installed != nil, "nginx is not installed"))
    func nginxIncludesTheSameFiles() throws {
        let scratch = ScratchRoot([
            "/nginx.conf": """
            pid pid; error_log stderr; include "mod ules/*.conf";
            events {}
            http { access_log off; include sites/*; include a.conf; include /ROOT/b[0-9].conf;
              map $host $x { default 1; include maps/one; } # include not.conf;
              log_format l '{"a":"$host;"}'; server { listen unix:s; location ~ "^/a{1,2}$" { include c.conf; } } }
            """,
            "/mod ules/m.conf": "", "/sites/one": "include d.conf;", "/sites/.hidden": "", "/d.conf": "",
            "/a.conf": "",
            "/sites/two": "-> ../real", "/real": "include deep/*/*.conf;", "/deep/er/x.conf": "", "/deep/er/y": "",
            "/b1.conf": "", "/bx.conf": "", "/maps/one": "a 1;", "/c.conf": "", "/not.conf": "",
        ])
        let main = scratch.path + "/nginx.conf"
        let text = try String(contentsOfFile: main, encoding: .utf8)
        scratch.write("/nginx.conf", text.replacing("/ROOT", with: scratch.path))
        let output = try answer(.nginx, ["-T", "-q", "-p", scratch.path, "-c", main, "-e", "stderr"])
        let root = ConfigurationRoot()
        let theirs = Set(ServerDump.nginxFiles(output).map { root.resolve($0).resolved })
        #expect(theirs.count > 5 && theirs == NginxReader.read(main, collector()))
    }

    private static let apache2 = ServerProgram(name: "apache2", paths: ["/usr/sbin/apache2"])

    @Test(.enabled(if: apache2.installed != nil, "apache2 is not installed"))
    func apacheIncludesTheSameFiles() throws {
        let scratch = ScratchRoot([
            "/conf/httpd.conf": """
            ServerRoot "ROOT"
            ServerName localhost
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule macro_module /usr/lib/apache2/modules/mod_macro.so
            PidFile ROOT/pid
            ErrorLog ROOT/error
            Define sites sites-enabled
            Include ${sites}/*.conf
            IncludeOptional gone/*.conf
            IncludeOptional \\
               "extra dir/*"
            Include folder
            <IfModule mod_macro.c>
            Include in-module.conf
            </IfModule>
            <Macro M $x>
            Include macro/$x.conf
            </Macro>
            Use M one
            # Include not.conf
            <IfFile ROOT/in-module.conf>
            Include f?les/[ab].conf
            </IfFile>
            """,
            "/sites-available/a.conf": "Include ${sites}/../deep.inc\n",
            "/sites-enabled/a.conf": "-> ../sites-available/a.conf",
            "/sites-enabled/.hidden.conf": "", "/sites-enabled/b.txt": "", "/deep.inc": "", "/extra dir/x": "",
            "/folder/sub/file": "", "/folder/top": "", "/in-module.conf": "", "/macro/one.conf": "", "/not.conf": "",
            "/files/a.conf": "", "/files/c.conf": "",
        ])
        let main = scratch.path + "/conf/httpd.conf"
        let text = try String(contentsOfFile: main, encoding: .utf8)
        scratch.write("/conf/httpd.conf", text.replacing("ROOT", with: scratch.path))
        let output = try answer(Self.apache2, ["-t", "-D", "DUMP_INCLUDES", "-f", main])
        let root = ConfigurationRoot()
        let theirs = Set(ServerDump.apacheFiles(output).map { root.resolve($0).resolved })
        #expect(theirs.count > 5 && theirs == ApacheReader.read(main, collector()))
    }

    @Test(.enabled(if: ServerProgram.postconf.installed != nil, "postfix is not installed"))
    func postfixExpandsToTheSameValues() throws {
        let expressions = [
            "/a/$one", "/a/${one}", "/a/$(one)/b", "${one?yes}", "${one:no}", "${none?yes}", "${none:no}", "$two",
            "${one?{yes}:{no}}", "${none?{yes}:{no}}", "${{$one} == {1} ? {same} : {other}}",
            "${{2} < {10}?{less}:{more}}",
            "${{$one} != {1}?{a}:{b}}", "/x${one?/${two}}y", "a $$one", "${one ? {y} : {n}}", "/a/$one.pem", "${none}x",
        ]
        // postconf prints only parameters that Postfix knows: any that hold text will do.
        let names = Array(PostfixParameters.all.filter { !$0.hasPrefix("tlsproxy") }.prefix(expressions.count))
        let parameters = zip(names, expressions).map { "\($0) = \($1)" }
        let text =
            "compatibility_level = 3.6\none = 1\ntwo = <$one>\nnone =\n" + parameters.joined(separator: "\n") + "\n"
        let scratch = ScratchRoot(["/main.cf": text, "/master.cf": ""])
        let output = try answer(.postconf, ["-c", scratch.path, "-x"] + names)
        let theirs = PostfixParser.parameters(output).map { "\($0.name)=\($0.value)" }
        let values = PostfixValues(PostfixParser.parameters(Array(text.utf8)))
        let ours = names.map { "\($0)=\(values.value(of: $0) ?? "?")" }
        #expect(theirs == ours)
    }

    @Test(.enabled(if: ServerProgram.doveconf.installed != nil, "dovecot is not installed"))
    func dovecotReadsTheSameFiles() throws {
        let scratch = ScratchRoot([
            "/dovecot.conf": "!include conf.d/*.conf\n!include_try gone.conf\nssl_cert = </etc/hostname # why\n",
            "/conf.d/10.conf":
                "local_name a.example {\n  ssl_cert = <ROOT/own.pem\n}\nlocal_name b { ssl_cert = \\\n <ROOT/own.pem\n}\n",
            "/own.pem": "x",
        ])
        scratch.write("/conf.d/10.conf", "local_name a.example {\n  ssl_cert = <\(scratch.path)/own.pem\n}\n")
        let output = try answer(.doveconf, ["-c", scratch.path + "/dovecot.conf", "-n"])
        let theirs = Set(
            DovecotParser.parse(output).compactMap { line -> String? in
                guard case .setting("ssl_cert", let value) = line.statement, value.hasPrefix("<") else { return nil }
                return String(value.dropFirst())
            })
        let own = collector()
        _ = DovecotReader.read(scratch.path + "/dovecot.conf", own)
        let ours = Set(
            own.report.evidence.compactMap { sign in
                if case .path(let path) = sign.target { path } else { nil }
            })
        #expect(!theirs.isEmpty && theirs == ours)
    }

    @Test(.timeLimit(.minutes(1))) func aServerThatDoesNotAnswerIsGivenUp() {
        let sleeper = ServerProgram(name: "sleep", paths: ["/nowhere", "/bin/sleep"])
        guard case .failed(let reason) = sleeper.ask(["30"], seconds: 0.2) else {
            Issue.record("it answered")
            return
        }
        #expect(reason.contains("had not answered"))
    }

    @Test func aServerThatRefusesIsHeard() {
        let shell = ServerProgram(name: "sh", paths: ["/bin/sh"])
        guard case .failed("no such thing") = shell.ask(["-c", "echo no such thing >&2; exit 3"], seconds: 20) else {
            Issue.record("not heard")
            return
        }
    }

    @Test func theSystemItselfIsReadToItsEnd() {
        let report = EvidenceReader(settings: EvidenceSettings(answerTime: 30)).read()
        #expect(!report.looked.isEmpty || report.evidence.isEmpty)
    }
}
