#include <filesystem>
#include <iostream>
#include <string>

#include "tools/command.h"
#include "tools/flags.h"
#include "tools/offline/check.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "check-log";

Result<CheckReport> check(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    return Error(ErrorCode::not_found, "there is no directory '" + path + "'");
  }
  auto root = base::open_posix_directory(path);
  if (!root) return root.error();
  return check_data_directory(std::move(*root));
}

void print(const std::string& path, const CheckReport& report) {
  for (const auto& defect : report.defects) std::cout << defect.to_string() << '\n';
  std::cout << path << ": " << report.defects.size() << " defects in " << report.logs << " logs, "
            << report.segments << " segments, " << report.batches << " batches, " << report.bytes
            << " bytes\n";
  if (report.clean) return;
  std::cout << path << " was not shut down cleanly: what a crash has left is told of, too, and the "
            << "next start of a broker mends that\n";
}

}  // namespace

int run_check_log(const Arguments& arguments) {
  std::vector<std::string> directories;
  CLI::App app(
      "Checks data directories (log.dirs) without changing them: a line for each defect, and exit "
      "code 1 if there are any. The broker must be stopped.",
      "ottla check-log");
  app.add_option("DIR", directories, "the data directories")->required();
  if (const auto code = parse_flags(app, arguments)) return *code;
  int code = kSuccess;
  for (const auto& path : directories) {
    const auto report = check(path);
    if (!report) {
      code = fail(kName, report.error());
      continue;
    }
    print(path, *report);
    if (!report->defects.empty()) code = kFailure;
  }
  return code;
}

}  // namespace ottla::tools
