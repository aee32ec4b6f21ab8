import ArgumentParser
import StewardCommandLine

@main struct Main {
    static func main() async { await StewardCommand.main(nil) }
}
