#include <algorithm>
#include <array>
#include <charconv>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "features";
constexpr std::string_view kMetadataVersion = "metadata.version";

// Kafka's names of the levels of metadata.version, the first of which is level 7.
constexpr std::int16_t kFirstNamed = 7;
constexpr std::array<std::string_view, 25> kMetadataVersions = {
    "3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1",
    "3.6-IV2", "3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0",
    "3.9-IV0", "4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1",
    "4.2-IV0", "4.2-IV1", "4.3-IV0", "4.4-IV0"};

std::string level_text(std::string_view feature, std::int16_t level) {
  if (feature != kMetadataVersion) return std::to_string(level);
  const auto index = level - kFirstNamed;
  if (index < 0 || static_cast<std::size_t>(index) >= kMetadataVersions.size()) {
    return "UNKNOWN " + std::to_string(level);
  }
  return std::string(kMetadataVersions[static_cast<std::size_t>(index)]);
}

int describe(Admin& admin, const std::optional<std::int32_t>& broker, OutputFormat output) {
  DescribeFeaturesOptions options;
  options.broker = broker;
  const auto described = admin.describe_features(options).get();
  if (!described) return fail(kName, described.error());
  std::vector<Row> rows;
  for (const auto& [name, feature] : described->features) {
    // As in Kafka: what the broker does not know is not told of.
    if (!feature.supported) continue;
    const auto level = feature.finalized ? feature.finalized->newest : std::int16_t{0};
    const auto cell = [&name = name](std::int16_t value) {
      return Cell(value, level_text(name, value));
    };
    rows.push_back({name, cell(feature.supported->oldest), cell(feature.supported->newest),
                    cell(level), Cell(described->finalized_epoch, "-")});
  }
  if (output == OutputFormat::json) {
    print_table(std::cout, output,
                {{"", "feature"},
                 {"", "supportedMinVersion"},
                 {"", "supportedMaxVersion"},
                 {"", "finalizedVersionLevel"},
                 {"", "epoch"}},
                rows);
    return kSuccess;
  }
  const auto padded = [](std::string_view name, const Cell& cell, int width) {
    std::cout << name << std::left << std::setw(width) << cell.text << "  ";
  };
  for (const auto& row : rows) {
    padded("Feature: ", row[0], 40);
    padded("SupportedMinVersion: ", row[1], 15);
    padded("SupportedMaxVersion: ", row[2], 15);
    padded("FinalizedVersionLevel: ", row[3], 15);
    std::cout << "Epoch: " << row[4].text << '\n';
  }
  return kSuccess;
}

// upgrade, downgrade or disable.
struct Change {
  std::string verb;
  std::vector<std::string> features;
  bool unsafe = false;
  bool dry_run = false;
};

// Of "transaction.version=2".
Result<std::pair<std::string, std::int16_t>> name_and_level(const std::string& text) {
  const auto sign = text.find('=');
  std::int16_t level = 0;
  if (sign != std::string::npos && sign > 0) {
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + sign + 1, end, level);
    if (read.ec == std::errc() && read.ptr == end) return std::pair(text.substr(0, sign), level);
  }
  return Error(ErrorCode::invalid_argument,
               "--feature takes NAME=LEVEL, such as transaction.version=2, not '" + text + "'");
}

Result<FeatureUpdates> updates_of(const Change& change) {
  const bool upgrade = change.verb == "upgrade";
  FeatureUpdates updates;
  for (const auto& text : change.features) {
    std::string name = text;
    FeatureUpdate update;
    if (change.verb != "disable") {
      auto read = name_and_level(text);
      if (!read) return std::move(read).error();
      name = read->first;
      update.level = read->second;
    }
    if (!upgrade) {
      update.type =
          change.unsafe ? FeatureUpdateType::unsafe_downgrade : FeatureUpdateType::safe_downgrade;
    }
    if (!updates.emplace(name, update).second) {
      return Error(ErrorCode::invalid_argument, "feature " + name + " stands there more than once");
    }
  }
  return updates;
}

int carry_out(Admin& admin, const Change& change) {
  const auto updates = updates_of(change);
  if (!updates) return fail(kName, updates.error());
  ChangeOptions options;
  options.validate_only = change.dry_run;
  const auto outcomes = admin.update_features(*updates, options).get();
  if (!outcomes) return fail(kName, outcomes.error());
  std::size_t failed = 0;
  for (const auto& [name, error] : *outcomes) {
    const auto level = updates->at(name).level;
    const auto text = std::to_string(level);
    if (error) {
      ++failed;
      std::cout << (change.dry_run ? "Can not " : "Could not ")
                << (level == 0 ? "disable " + name : change.verb + " " + name + " to " + text)
                << ". " << error->message() << '\n';
    } else {
      std::cout << name << (change.dry_run ? " can be " : " was ")
                << (level == 0 ? "disabled." : change.verb + "d to " + text + ".") << '\n';
    }
  }
  if (failed == 0) return kSuccess;
  return fail(kName, std::to_string(failed) + " out of " + std::to_string(outcomes->size()) +
                         " operation(s) failed.");
}

void add_change(CLI::App& app, Change& change, const char* what_features) {
  app.add_option("--feature", change.features, what_features)->required()->allow_extra_args(false);
  app.add_flag("--dry-run", change.dry_run, "check, and change nothing");
  if (change.verb != "upgrade") {
    app.add_flag("--unsafe", change.unsafe, "even if metadata are lost by it");
  }
}

}  // namespace

int run_features(const Arguments& arguments) {
  ClusterFlags flags;
  OutputFormat output = OutputFormat::table;
  std::optional<std::int32_t> node;
  std::array<Change, 3> changes{Change{.verb = "upgrade"}, Change{.verb = "downgrade"},
                                Change{.verb = "disable"}};
  CLI::App app("Looks at and changes the levels of the cluster's features.", "ottla features");
  auto* describing = app.add_subcommand("describe", "print what is supported and finalized");
  flags.add_to(*describing);
  describing->add_option("--node-id", node, "the broker to ask, instead of any");
  add_output_flag(*describing, output);
  constexpr std::array kSentences = {"raise levels", "lower levels",
                                     "do without features, which is to lower them to 0"};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto* changing = app.add_subcommand(changes[i].verb, kSentences[i]);
    flags.add_to(*changing);
    add_change(*changing, changes[i],
               changes[i].verb == "disable" ? "the feature's name" : "feature=level");
  }
  app.require_subcommand(1);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags);
  if (!admin) return fail(kName, admin.error());
  if (describing->parsed()) return describe(*admin, node, output);
  const auto change = std::find_if(changes.begin(), changes.end(), [&](const Change& each) {
    return app.got_subcommand(each.verb);
  });
  return carry_out(*admin, *change);
}

}  // namespace ottla::tools
