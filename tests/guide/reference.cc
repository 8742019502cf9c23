// Prints the tables of the guide's reference pages in Markdown, from the tables in the code and
// from what running clients tell: guide-reference broker|topics|metrics. references.py puts them
// into their pages.
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/config/broker_config_keys.h"
#include "broker/config/dynamic_settings.h"
#include "broker/config/topic_config.h"
#include "ottla/embedded_broker.h"
#include "ottla/ottla.h"
#include "tests/guide/metric_sentences.h"

namespace ottla::guide {
namespace {

using namespace std::chrono_literals;

// A cell may not end its row.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + cell(text) + "`";
}

// What a setting may be, where that is less than its type.
std::string limits(std::int64_t min, std::int64_t max, std::string_view choices) {
  if (!choices.empty()) {
    std::string all;
    for (const auto& choice : broker::split_list(choices)) {
      all += (all.empty() ? "" : ", ") + code(choice);
    }
    return all;
  }
  const bool has_min = min != std::numeric_limits<std::int64_t>::min();
  const bool has_max = max != std::numeric_limits<std::int64_t>::max();
  if (has_min && has_max) return std::to_string(min) + " to " + std::to_string(max);
  if (has_min) return "from " + std::to_string(min);
  if (has_max) return "up to " + std::to_string(max);
  return "";
}

void print_broker() {
  std::cout << "| key | default | may be | what |\n|---|---|---|---|\n";
  const broker::BrokerConfig defaults;
  for (const auto& key : broker::broker_keys()) {
    const auto value = key.value_in(defaults);
    std::cout << "| `" << key.name << "` | " << code(value.value_or("")) << " | "
              << limits(key.min, key.max, key.choices) << " | " << cell(key.documentation)
              << " |\n";
  }
}

void print_topics() {
  std::cout << "| key | default | may be | the broker's default is set by | what |\n"
               "|---|---|---|---|---|\n";
  for (const auto& key : broker::topic_keys()) {
    if (key.hidden) continue;
    std::string synonyms;
    for (const auto& synonym : key.synonyms) {
      if (!synonym.name.empty()) synonyms += (synonyms.empty() ? "" : ", ") + code(synonym.name);
    }
    std::cout << "| `" << key.name << "` | " << code(key.default_value) << " | "
              << limits(key.min, key.max, key.choices) << " | " << synonyms << " | "
              << cell(key.documentation) << " |\n";
  }
}

// One row of the page: the names that have a stem in common.
struct Row {
  std::vector<std::string> names;
  std::string tags;
};
using Groups = std::map<std::string, std::map<std::string, Row>>;  // by group and stem

std::string stem_of(const std::string& name) {
  for (const auto& row : metric_sentences()) {
    if (name == row.stem) return name;
  }
  for (const auto* suffix : {"-rate-per-hour", "-rate", "-total", "-avg", "-max", "-min"}) {
    if (name.ends_with(suffix))
      return name.substr(0, name.size() - std::string_view(suffix).size());
  }
  return name;
}

void add(const MetricsSnapshot& snapshot, Groups& groups) {
  for (const auto& metric : snapshot.metrics) {
    std::string group = metric.group;
    std::string tags;
    for (const auto& [tag, value] : metric.tags) tags += (tags.empty() ? "" : ", ") + code(tag);
    auto& row = groups[group + ", by " + tags][stem_of(metric.name)];
    if (std::find(row.names.begin(), row.names.end(), metric.name) == row.names.end()) {
      row.names.push_back(metric.name);
    }
  }
}

// The figures of a producer and of a member of a group that have done a little.
Groups figures_of_clients() {
  auto broker = EmbeddedBroker::start({.topics = {{.name = "t"}}}).value();
  auto producer = Producer::open({.bootstrap_servers = broker.address()}).value();
  (void)producer.send({.topic = "t", .value = "v"}).get().value();
  auto consumer = Consumer::open({.bootstrap_servers = broker.address(),
                                  .group_id = "g",
                                  .topics = {"t"},
                                  .auto_offset_reset = AutoOffsetReset::earliest})
                      .value();
  while (consumer.poll(60s).value().empty()) {
  }
  Groups groups;
  add(producer.metrics(), groups);
  add(consumer.metrics(), groups);
  return groups;
}

int print_metrics() {
  std::map<std::string_view, std::string_view> sentences;
  for (const auto& row : metric_sentences()) sentences[row.stem] = row.sentence;
  std::set<std::string_view> used;
  int missing = 0;
  for (const auto& [group, rows] : figures_of_clients()) {
    std::cout << "### " << group << "\n\n| name | what |\n|---|---|\n";
    for (const auto& [stem, row] : rows) {
      const auto sentence = sentences.find(stem);
      if (sentence == sentences.end()) {
        std::cerr << "metric_sentences.cc says nothing of " << stem << '\n';
        ++missing;
        continue;
      }
      used.insert(sentence->first);
      std::string names;
      for (const auto& name : row.names) names += (names.empty() ? "" : ", ") + code(name);
      std::cout << "| " << names << " | " << cell(sentence->second) << " |\n";
    }
    std::cout << '\n';
  }
  for (const auto& [stem, sentence] : sentences) {
    if (used.contains(stem)) continue;
    std::cerr << "metric_sentences.cc speaks of " << stem << ", which no client has\n";
    ++missing;
  }
  return missing == 0 ? 0 : 1;
}

int run(std::string_view what) {
  if (what == "broker") return print_broker(), 0;
  if (what == "topics") return print_topics(), 0;
  if (what == "metrics") return print_metrics();
  std::cerr << "usage: guide-reference broker|topics|metrics\n";
  return 2;
}

}  // namespace
}  // namespace ottla::guide

int main(int argc, char** argv) {
  return ottla::guide::run(argc == 2 ? argv[1] : "");
}
