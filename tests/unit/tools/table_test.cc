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

std::string padded(OutputFormat format) {
  std::ostringstream out;
  PaddedTables tables(out, format, {{"GROUP", "group", 8}, {"#", "count", 4}, {"WHO", "who", 0}});
  tables.add({{std::string("a"), 7, std::string("me")}});
  tables.add({{std::string("a long name"), 12345, Cell(std::optional<std::string>(), "-")}});
  tables.finish();
  return out.str();
}

TEST(Table, keeps_to_the_widths_of_older_scripts) {
  EXPECT_EQ(padded(OutputFormat::table),
            "\nGROUP    #    WHO\na        7    me\n"
            "\nGROUP       #     WHO\na long name 12345 -\n");
  EXPECT_EQ(padded(OutputFormat::json), R"([{"group":"a","count":7,"who":"me"},)"
                                        R"({"group":"a long name","count":12345,"who":null}])"
                                        "\n");
}

}  // namespace
}  // namespace ottla::tools
