#include "tools/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace ottla::tools {
namespace {

const std::vector<Column> kColumns = {{"Name", "name"}, {"Count", "count"}, {"End", "end"}};
const std::vector<Row> kRows = {{std::string("a \"long\" one"), 7, Cell(std::optional(12), "None")},
                                {std::string("b"), 1234567, Cell(std::optional<int>(), "None")}};

std::string printed(OutputFormat format, const std::vector<Row>& rows) {
  std::ostringstream out;
  print_table(out, format, kColumns, rows);
  return out.str();
}

TEST(Table, is_as_wide_as_its_widest_values) {
  EXPECT_EQ(printed(OutputFormat::table, kRows),
            "Name        \tCount  \tEnd \t\n"
            "a \"long\" one\t7      \t12  \t\n"
            "b           \t1234567\tNone\t\n");
  EXPECT_EQ(printed(OutputFormat::table, {}), "Name\tCount\tEnd\t\n");
}

TEST(Table, is_one_array_for_programs) {
  EXPECT_EQ(printed(OutputFormat::json, kRows), R"([{"name":"a \"long\" one","count":7,"end":12},)"
                                                R"({"name":"b","count":1234567,"end":null}])"
                                                "\n");
  EXPECT_EQ(printed(OutputFormat::json, {}), "[]\n");
}

}  // namespace
}  // namespace ottla::tools
