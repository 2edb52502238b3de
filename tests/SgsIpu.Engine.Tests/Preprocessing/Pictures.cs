using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>
/// Small files that OpenCV 4.6 wrote:
/// <code>
/// y, x = np.mgrid[0:8, 0:16]
/// rgb = np.stack([x * 15 + 8, y * 30 + 10, 240 - x * 7 - y * 9], -1).clip(0, 255).astype(np.uint8)
/// bgr = rgb[:, :, ::-1]
/// cv2.imencode(".png", np.dstack([bgr, (x * 16).astype(np.uint8)]))   # Png, with alpha
/// cv2.imencode(".png", bgr.astype(np.uint16) * 257)                   # Png16
/// cv2.imencode(".png", rgb[:, :, 0])                                  # GreyPng
/// cv2.imencode(".bmp", bgr[:4, :5])                                   # Bmp
/// cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 101])         # Webp, lossless
/// cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])           # Jpeg; JpegPixels is cv2.imdecode(...)[:, :, ::-1]
/// </code>
/// </summary>
internal static class Pictures
{
    public const int Width = 16;
    public const int Height = 8;

    public static byte[] Png { get; } = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAzElEQVQoFQXBoVEgQAAEwTl3hZkJg0iIhEiIhBSwL95gsTgKi8Wuo/vch19kyZIlS5YsWbJkyZIlS5YsWec+/iBLlixZsmTJkiVLlixZsmTJOvfpG1myZMmSJUuWLFmyZMmSJUvWuc+fyJIlS5YsWbJkyZIlS5YsWbLOfflAlixZsmTJkiVLlixZsmTJknXu6zuyZMmSJUuWLFmyZMmSJUuWrHP//0OWLFmyZMmSJUuWLFmyZMmSde7XG7JkyZIlS5YsWbJkyZIlS5asP/oejaW4MHAIAAAAAElFTkSuQmCC");

    public static byte[] Png16 { get; } = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAABAAAAAIEAIAAAAvhDSDAAABBUlEQVQoFQXBoRHCUBQAwfvuDebaoBIqSSVUQgtYBAaLjWOw2Nhz7K6Z0+k4FEqhFEqhFEqhFEqhFEqhFEqhFEqhFGrNnM+/n0IplEIplEIplEIplEIplEIplEIplEKtmcvl+1UohVIohVIohVIohVIohVIohVIohVKoNbNt+65QCqVQCqVQCqVQCqVQCqVQCqVQCqVQa+Z6fb8VSqEUSqEUSqEUSqEUSqEUSqEUSqEUas3cbq+XQimUQimUQimUQimUQimUQimUQimUQq2Z5/PxUCiFUiiFUiiFUiiFUiiFUiiFUiiFUqg18/nc7wqlUAqlUAqlUAqlUAqlUAqlUAqlUAr1B/6+DFBG/2EuAAAAAElFTkSuQmCC");

    public static byte[] GreyPng { get; } = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAAAAADVHSBLAAAAIklEQVQIHVXBoQ0AAACDsOBw/P/t9FrsYQ972MMe9rCHvQHwdwdRGwmCowAAAABJRU5ErkJggg==");

    public static byte[] Bmp { get; } = Convert.FromBase64String("Qk12AAAAAAAAADYAAAAoAAAABQAAAAQAAAABABgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1WQIzmQXx2QmwGQ1uWREAN5GCNdGF9BGJslGNcJGRADnKAjgKBfZKCbSKDXLKEQA8AoI6QoX4gom2wo11ApEAA==");

    public static byte[] Webp { get; } = Convert.FromBase64String("UklGRjYAAABXRUJQVlA4TCoAAAAvD8ABAJmM6H9sovKF73+ASNtmeCLm3+nR+RseyKRt6l9vu70xAZKs/R0=");

    public static byte[] Jpeg { get; } = Convert.FromBase64String("/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAUDBAQEAwUEBAQFBQUGBwwIBwcHBw8LCwkMEQ8SEhEPERETFhwXExQaFRERGCEYGh0dHx8fExciJCIeJBweHx7/2wBDAQUFBQcGBw4ICA4eFBEUHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh7/wAARCAAIABADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDndJ+GfT/R/wBK6/Sfhn0/0f8ASiio4s4qzL3vfPC4E4jx/u++f//Z");

    public static byte[] JpegPixels { get; } = Convert.FromBase64String("CA7cDxDaHRHVKxPNPBHDSxG7XBG0ahCteRKrhxGjlw+dphCVuA+MxhGE0xJ/2hJ8ESTiGCbfJSjZNCjSQyfHVCfAYye6cSeygiiujyanniahryaavyaQziWI2ieD4SmBFELdG0TaJ0bUNUXMRkXEV0W7Zka1c0Sug0WqkUSioUWcsEWVwUOM0ESD3UV+5Ed8EWHSGWPQJmTLNGXCRGS5VGSyZWOscmOkgmSgj2KZnmOTr2OKwGOCzmJ63GN242VzDYLFFITDIoW+MYS2QYSuUoSlYYWfboOYfoSUi4SMnIOGrIN/vIJ2yoNt2IRo34ZmDp++FaG8IaK1MaOuQqGlUaKcYqGWbaCPf6KMjKCEm6F/rKB2u59tyqBk16Jg3qNdE7u8Gr26J7+zNb6sR76iVr6bZ76Uc72Mg72Kkb2CoL19sb11wbxq0Lxj3L5e48BcHNHCItK+MNK6P9OxUNOpYNKfb9KZfdGTjNOPmtKJq9KDudF5y9Fx2dJo59Nj7dRg");

    /// <summary>The top left corner of the picture.</summary>
    public static RgbImage Rgb(int width = Width, int height = Height)
    {
        var image = new RgbImage(width, height, 3);
        for (int i = 0; i < width * height; i++)
        {
            (byte r, byte g, byte b) = Pixel(i % width, i / width);
            (image.Pixels[i * 3], image.Pixels[(i * 3) + 1], image.Pixels[(i * 3) + 2]) = (r, g, b);
        }

        return image;
    }

    public static (byte R, byte G, byte B) Pixel(int x, int y) =>
        ((byte)((x * 15) + 8), (byte)((y * 30) + 10), (byte)Math.Clamp(240 - (x * 7) - (y * 9), 0, 255));
}
