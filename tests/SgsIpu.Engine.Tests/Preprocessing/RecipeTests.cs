using System.Collections;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Preprocessing;

public sealed class RecipeTests
{
    /// <summary>letterbox(rgb, (9 columns, 10 rows)) of the yolov8s script in the vendor's guide, with OpenCV 4.6.</summary>
    private const string Boxed = "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJyDhnpKBncQxnQXhnDeRm3kxmrrhmeyRmS4xmFDlXXKFXKQ1W+XlWxeVWlk1WZrlWMyVWA41VzDpHFKJG4Q5GsXpGfeZGTk5GHrpF6yZFu45FhDs2zKM2mQ82aXs2Nec2Bk811rs1oyc1c481PcnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnJy";

    /// <summary>cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)</summary>
    private const string Grey = "JCcrLzI2Oj1BRUhMUFRXWzQ4PD9DR0pOUlVZXWBkaGxFSExQVFdbX2Jmam1xdXh8VVldYGRoa29zd3p+goWJjWZqbXF1eHyAg4eLj5KWmp13en6ChYmNkJSYm5+jpqquh4uOkpaanaGlqKyws7e7vpibn6Omqq6ytbm9wMTIy88=";

    [Fact]
    public void ALetterboxIsThatOfTheGuide()
    {
        RgbImage image = new Recipe { Letterbox = (9, 10) }.Apply(Pictures.Rgb(), ImageFormat.RGB);
        Assert.Equal((9, 10), (image.Width, image.Height));
        Assert.Equal(Convert.FromBase64String(Boxed), image.Pixels);
    }

    /// <summary>16×8 in 9×10: 9 columns and 4 rows (4.5 to the even number) with 3 rows above and below.</summary>
    [Fact]
    public void WhatALetterboxDidIsTakenBack()
    {
        Placement place = new Recipe { Letterbox = (9, 10) }.Place(16, 8);
        Assert.Equal(new Placement(0, 3, 9, 4, 9, 10), place);
        Assert.Equal((0f, 0f), place.ToPicture(0, 0.3f));
        Assert.Equal((1f, 1f), place.ToPicture(1, 0.7f));
        Assert.Equal(0, new Recipe { Letterbox = (9, 10), TopLeft = true }.Place(16, 8).Top);
    }

    /// <summary>32×16 with 8 rows is 16×8, of which columns 6 to 10 and rows 2 to 6 are left.</summary>
    [Fact]
    public void WhatACropDidIsTakenBack()
    {
        Placement place = new Recipe { ShorterSide = 8, Crop = (4, 4) }.Place(32, 16);
        Assert.Equal((6 / 16f, 2 / 8f), place.ToPicture(0, 0));
        Assert.Equal((10 / 16f, 6 / 8f), place.ToPicture(1, 1));
    }

    [Fact]
    public void GreyIsThatOfOpenCv()
    {
        RgbImage image = new Recipe().Apply(Pictures.Rgb(), ImageFormat.GRAY);
        Assert.Equal(1, image.Channels);
        Assert.Equal(Convert.FromBase64String(Grey), image.Pixels);
    }

    [Fact]
    public void TheOrderOfTheChannelsIsTheTrainingFormatUnlessNamed()
    {
        (byte r, byte g, byte b) = Pictures.Pixel(0, 0);
        Assert.Equal([b, g, r], new Recipe().Apply(Pictures.Rgb(), ImageFormat.BGR).Pixels[..3]);
        Assert.Equal([r, g, b], new Recipe { Colour = ImageFormat.RGB }.Apply(Pictures.Rgb(), ImageFormat.BGR).Pixels[..3]);
    }

    [Theory]
    [InlineData(16, 8, 4, 8, 4)]
    [InlineData(7, 16, 5, 5, 11)]
    [InlineData(9, 9, 3, 3, 3)]
    public void OneLengthIsTheShorterSide(int width, int height, int side, int newWidth, int newHeight)
    {
        RgbImage image = new Recipe { ShorterSide = side }.Apply(new RgbImage(width, height, 3), ImageFormat.RGB);
        Assert.Equal((newWidth, newHeight), (image.Width, image.Height));
    }

    [Theory]
    [InlineData(4, 2, 6, 3)]
    [InlineData(5, 3, 6, 2)] // (16 - 5) / 2 = 5.5 and (8 - 3) / 2 = 2.5 go to the even number, as Python's round does
    [InlineData(16, 8, 0, 0)]
    public void TheMiddleIsCutOut(int width, int height, int left, int top)
    {
        RgbImage image = new Recipe { Crop = (width, height) }.Apply(Pictures.Rgb(), ImageFormat.RGB);
        Assert.Equal((width, height), (image.Width, image.Height));
        (byte r, byte g, byte b) = Pictures.Pixel(left, top);
        Assert.Equal([r, g, b], image.Pixels[..3]);
        (r, g, b) = Pictures.Pixel(left + width - 1, top + height - 1);
        Assert.Equal([r, g, b], image.Pixels[^3..]);
    }

    [Fact]
    public void ACropLargerThanTheImageIsRefused() =>
        Assert.Equal("RecipeCrop", Assert.Throws<IpuException>(() => new Recipe { Crop = (17, 8) }.Apply(Pictures.Rgb(), ImageFormat.RGB)).ErrorId);

    [Fact]
    public void AnImageThatWouldBeTooLargeIsRefused() =>
        Assert.Equal("RecipeSize", Assert.Throws<IpuException>(() => new Recipe { ShorterSide = 16384 }.Apply(new RgbImage(1, 1000, 3), ImageFormat.RGB)).ErrorId);

    [Theory]
    [InlineData("resize: 256\ncrop: 224\ninterpolation: pillow-bilinear")]
    [InlineData("# as trained\nresize: '256'\ncrop: [224, 224]\ninterpolation: Pillow-Bilinear\n")]
    [InlineData("{resize: [256], crop: 224, interpolation: pillow-bilinear}")]
    public void AFileIsRead(string yaml)
    {
        using var folder = new TemporaryFolder();
        Recipe recipe = RecipeReader.ReadFile(folder.Write("r.yaml", yaml));
        Assert.Equal(new Recipe { ShorterSide = 256, Crop = (224, 224), Interpolation = Interpolation.PillowBilinear }, recipe);
    }

    [Fact]
    public void ADictionaryIsRead()
    {
        Recipe recipe = RecipeReader.Read(new Hashtable { ["Letterbox"] = new object[] { 640, 320 }, ["pad"] = 0, ["anchor"] = "top-left", ["colour"] = "bgr", ["interpolation"] = "opencv-area" }, "x");
        Assert.Equal(new Recipe { Letterbox = (640, 320), Pad = 0, TopLeft = true, Colour = ImageFormat.BGR, Interpolation = Interpolation.OpenCvArea }, recipe);
        Assert.Equal(new Recipe { Size = (3, 4) }, RecipeReader.Read(new Dictionary<string, int[]> { ["resize"] = [3, 4] }, "x"));
    }

    [Theory]
    [InlineData("size: 3", "RecipeKey")]
    [InlineData("resize: 0", "RecipeValue")]
    [InlineData("resize: 1.5", "RecipeValue")]
    [InlineData("resize: [1, 2, 3]", "RecipeValue")]
    [InlineData("resize:", "RecipeValue")]
    [InlineData("resize: {a: 1}", "RecipeValue")]
    [InlineData("crop: 99999", "RecipeValue")]
    [InlineData("pad: 256", "RecipeValue")]
    [InlineData("anchor: left", "RecipeValue")]
    [InlineData("colour: CMYK", "RecipeValue")]
    [InlineData("interpolation: cubic", "RecipeValue")]
    [InlineData("letterbox: 8\nresize: 8", "RecipeValue")]
    [InlineData("resize: 8\nresize: 9", "RecipeSyntax")]
    [InlineData("resize: [8", "RecipeSyntax")]
    [InlineData("- resize", "RecipeSyntax")]
    [InlineData("resize", "RecipeSyntax")]
    public void AWrongRecipeIsRefused(string yaml, string errorId)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("wrong.yaml", yaml);
        IpuException e = Assert.Throws<IpuException>(() => RecipeReader.ReadFile(file));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Contains("wrong.yaml", e.Message, StringComparison.Ordinal);
    }
}
